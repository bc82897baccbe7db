export { findingCodes, findingOf } from './findings.ts';
export { inspect } from './inspect.ts';
export type { Inspection } from './inspection.ts';
export { canStream, readRuns, streamRuns } from './read-runs.ts';
export { unwrap } from './unwrap.ts';
