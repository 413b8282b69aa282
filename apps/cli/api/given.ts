type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** The values that were given, so that a body or a query names nothing that nobody said. */
export const given = <Values extends object>(values: Values): Given<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<Values>;
