import { drivers, publishers, usualDriver } from '../drivers/index.ts';
import type { DriverList } from './context.ts';

/** Every provider there is, loaded one by one. */
export const driverList: DriverList = {
  names: Object.keys(drivers).sort(),
  usual: usualDriver,
  publishers,
  load: (name) =>
    Object.hasOwn(drivers, name) ? drivers[name as keyof typeof drivers]().then((module) => module.default) : undefined,
};
