/**
 * Names become part of a URL path. docker-modem neither encodes them nor stays on its socket when the engine
 * answers `../../x` with a redirect, so that such a name would send the request to another host.
 */
export const resourceName = (name: string): string => {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name))
    throw new TypeError(`"${name}" is not a name of a container, volume or network`);
  return name;
};

export const imageReference = (reference: string): string => {
  if (!/^[a-z0-9][\w.:@/-]*$/i.test(reference) || reference.includes('..') || reference.includes('//')) {
    throw new TypeError(`"${reference}" is not an image reference`);
  }
  return reference;
};
