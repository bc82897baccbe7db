import local from '../../../src/drivers/local/index.ts';
import { localCloud } from '../../clouds/local/index.ts';
import { conformance } from '../../conformance/suite.ts';

conformance(local, { cloud: localCloud });
