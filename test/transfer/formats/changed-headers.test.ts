import { walkChangedHeaders } from './changed-headers.ts';

// Ten times as many run among the torture tests.
walkChangedHeaders(10_000);
