import type { DriverList } from '../../src/engine/context.ts';
import { driverList } from '../../src/engine/driver-list.ts';

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:9/';

/**
 * The providers, and publishers whose addresses lead nowhere: a test says by variables, or in a file, where they are. Without it, what is
 * typed for an image might be read from the real ones.
 */
export const offlineDrivers: DriverList = {
  ...driverList,
  publishers: Object.fromEntries(
    Object.entries(driverList.publishers ?? {}).map(([name, entry]) => [
      name,
      {
        ...entry,
        async load() {
          const known = await entry.load();
          return { ...known, fields: { ...known.fields, url: nowhere } };
        },
      },
    ]),
  ),
};
