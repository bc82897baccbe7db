export { findingCodes, findingOf } from './findings.ts';
export { watchGzipMembers } from './gzip-members.ts';
export { asNamed, inspect, inWrapper } from './inspect.ts';
export type { Inspection } from './inspection.ts';
export { formatByExtension, misnamed } from './file-extensions.ts';
export { canStream, readRuns, streamRuns } from './read-runs.ts';
export { packedDisk } from './tar.ts';
export { decompress } from './decompress.ts';
