import { defineView } from '../view.ts';

/** What became of one of several images. `image` is what was typed; `exitCode` is what it alone would have ended with. */
export interface ResultRow {
  readonly image: string;
  readonly profile?: string;
  readonly id?: string;
  readonly name?: string;
  /** State of the image afterwards; absent when it is gone. */
  readonly status?: string;
  /** `planned`: a dry run; `skipped`: after a failure of another. */
  readonly result: 'ok' | 'failed' | 'planned' | 'skipped';
  readonly message?: string;
  /** Of a copy: on which way the data came. */
  readonly route?: string;
  /** Kind of the failure, and what it alone would have ended with. */
  readonly code?: string;
  readonly exitCode?: number;
  readonly hint?: string;
  /** What a dry run would do, with the request that would be sent. */
  readonly plan?: object;
}

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
    message: { value: (row) => row.message },
    route: { value: (row) => row.route },
    hint: { value: (row) => row.hint },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
  },
  usual: ['profile', 'image', 'id', 'status', 'result', 'reason'],
  wide: ['profile', 'image', 'id', 'name', 'status', 'result', 'code', 'exitCode', 'reason'],
  id: (row) => (row.result === 'ok' ? (row.id ?? '') : ''),
  json: ({ plan, ...row }) => (plan ? { dryRun: true, ...row, plan } : row),
});
