/**
 * Absolute paths, as text: nothing is looked up on the disk, so a symbolic
 * link before ".." is not followed. Used for every path of the configuration,
 * so that equal places have equal text.
 */

/** `path` seen from the absolute folder `from`; always absolute, no "..". */
export function resolvePath(from: string, path: string): string {
  const whole = path.startsWith("/") ? path : `${from}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The folder an absolute path lies in. */
export function folderOf(path: string): string {
  return resolvePath(path, "..");
}
