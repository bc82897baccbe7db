import { tuneForBulk } from '../../src/host/heap-tuning.ts';

// Flags of V8 are those of the whole process, in which tests share threads: none changes under a test that looks at compiled code.
tuneForBulk();
