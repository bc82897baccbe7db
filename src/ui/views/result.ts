import { defineView } from '../view.ts';
import type { ResultRow } from '../../core/result-row.ts';

/** The reason in a word or two: the whole message stands on stderr, where no column cuts it. */
const shortWords: Readonly<Record<string, string>> = {
  NOT_FOUND: 'not found',
  CONFLICT: 'conflict',
  UNSUPPORTED: 'unsupported',
  WAIT_TIMEOUT: 'timed out',
};

const reasonOf = ({ result, code, message }: ResultRow): string | undefined =>
  result === 'failed' && code !== undefined ? (shortWords[code] ?? code.toLowerCase()) : message;

/** The rows of a verb that was given several images. */
export const resultView = defineView<ResultRow>({
  name: 'results',
  columns: {
    image: { value: (row) => row.image },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    status: { value: (row) => row.status, kind: 'status' },
    result: { value: (row) => row.result, kind: 'status' },
    code: { value: (row) => row.code },
    reason: { value: reasonOf },
    message: {
      value: (row) => row.message,
      // The reason is the same, unless it was shortened.
      parts: (_value, row) => (reasonOf(row) === row.message ? [] : undefined),
    },
    route: { value: (row) => row.route },
    hint: { value: (row) => row.hint },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
  },
  usual: ['profile', 'image', 'id', 'status', 'result', 'reason'],
  wide: ['profile', 'image', 'id', 'name', 'status', 'result', 'code', 'exitCode', 'reason'],
  id: (row) => (row.result === 'ok' ? (row.id ?? '') : ''),
  json: ({ plan, ...row }) => (plan ? { dryRun: true, ...row, plan } : row),
});
