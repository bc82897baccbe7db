import { walkChangedHeaders } from '../transfer/formats/changed-headers.ts';

walkChangedHeaders(Number(process.env['FUZZ_INPUTS'] ?? 100_000));
