/** What no name of a file has: control characters, another system's separator, and what begins a query or a fragment. */
const foreign = /[\p{Cc}\\?#]/u;

/** Nothing in these can be taken for anything but the name of a file or a folder. */
const usual = /^\w[\w.+~-]*(?:\/\w[\w.+~-]*)*$/;

/**
 * The segments of a path that a publisher gives, each encoded, or nothing where it could lead anywhere but below its root: it is
 * absolute, has a scheme, a query, a step up, an empty segment or a control character, as it stands or once it is decoded.
 */
export function publishedPath(path: string): string | undefined {
  if (usual.test(path)) return path;
  const decoded = decodedPath(path);
  if (decoded === undefined || [path, decoded].some(leadsAway)) return undefined;
  return path.split('/').map(encoded).join('/');
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replace(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    // Bytes that are no text.
    return undefined;
  }
}

const leadsAway = (path: string): boolean =>
  foreign.test(path) || /\p{Surrogate}/u.test(path) || /^[a-z][a-z\d+.-]*:/i.test(path) || path.split('/').some(isStep);
const isStep = (segment: string): boolean => segment.trim() === '' || /^\.+$/.test(segment.trim());

/** What is encoded already stays; image servers have colons in their paths, and take them as they are. */
const encoded = (segment: string): string =>
  encodeURIComponent(segment)
    .replace(/%3A/g, ':')
    .replace(/%25(?=[\da-f]{2})/gi, '%');
