import { variables } from './variables.js';

/** The table of docs/configuration.md, in markdown. */
export const configurationTable = (): string => {
  const rows = Object.entries(variables).map(([name, schema]) => {
    const { description, shownDefault } = schema.meta() as { description: string; shownDefault: string };
    const shown = shownDefault === '' || /[`$ ]/.test(shownDefault) ? shownDefault : `\`${shownDefault}\``;
    return `| \`${name}\` | ${shown} | ${description} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n') + '\n';
};
