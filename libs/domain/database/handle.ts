/** A database's name: also its DNS alias, so it starts with a letter or digit and has no path or Unicode tricks. */
export const handlePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const environmentNamePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;
