import { conformance } from '../conformance/suite.ts';
import { readOnlyCloud, readOnlyDriver } from '../support/read-only-driver.ts';

conformance(readOnlyDriver, {
  cloud: readOnlyCloud,
  missingId: 'ro-999999',
  errorBody: (words) => JSON.stringify({ error: words }),
});
