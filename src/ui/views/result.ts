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
  /** Kind of the failure, and what it alone would have ended with. */
  readonly code?: string;
  readonly exitCode?: number;
}

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
    message: { value: (row) => row.message },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
  },
  usual: ['profile', 'image', 'id', 'status', 'result', 'message'],
  wide: ['profile', 'image', 'id', 'name', 'status', 'result', 'code', 'exitCode', 'message'],
  id: (row) => row.id ?? row.image,
  json: (row) => row,
});
