import driver from '../../../src/drivers/acme/index.ts';
import { acmeErrorBody, startAcme } from '../../clouds/acme/index.ts';
import { conformance } from '../../conformance/suite.ts';

conformance(driver, { cloud: { wire: true, start: startAcme }, errorBody: acmeErrorBody, missingId: 'img-dead' });
