import { describe } from 'vitest';
import type { Driver } from '../../src/core/driver.ts';
import { operationNames, type OperationName } from '../../src/core/operation.ts';
import { activationTests, reactivationTests } from './activation.ts';
import { channelTests } from './channels.ts';
import { createTests } from './create.ts';
import { deleteTests, purgeTests, restoreTests } from './delete.ts';
import { downloadTests } from './download.ts';
import { driverTests } from './driver.ts';
import { faultTests } from './faults.ts';
import { importTests } from './import.ts';
import { jobTests } from './jobs.ts';
import { listTests } from './list.ts';
import { patchTests } from './patch.ts';
import { placesTests, replicateTests } from './places.ts';
import { projectionTests } from './projections.ts';
import { refusalTests } from './refusal.ts';
import { shareTests } from './share.ts';
import { showTests } from './show.ts';
import { makeStage, type ConformanceOptions, type Stage } from './stage.ts';
import { strangerTests } from './other-owners.ts';
import { uploadTests } from './upload.ts';
import { usesTests } from './uses.ts';

const behaviour: { readonly [N in OperationName]: (stage: Stage) => void } = {
  list: listTests,
  show: showTests,
  create: createTests,
  patch: patchTests,
  deactivate: activationTests,
  reactivate: reactivationTests,
  delete: deleteTests,
  restore: restoreTests,
  purge: purgeTests,
  replicate: replicateTests,
  upload: uploadTests,
  download: downloadTests,
  import: importTests,
  share: shareTests,
  places: placesTests,
  uses: usesTests,
};

/**
 * Registers the contract's tests for a driver on a cloud: for every verb what it does, or, where the driver has it
 * not, that it is refused with a reason and without a request. Nothing is left out quietly: `exceptions` carry a reason.
 */
export function conformance(driver: Driver, options: ConformanceOptions): void {
  describe(options.title ?? `${driver.name} keeps the contract`, () => {
    const stage = makeStage(driver, options);
    describe('driver', () => driverTests(stage));
    // While there are few images: who reads a channel reads them all.
    if (driver.projects !== undefined) describe('projections', () => projectionTests(stage));
    describe('channels', () => channelTests(stage));
    for (const verb of operationNames)
      describe(verb, () => (driver.facts[verb] ? behaviour[verb](stage) : refusalTests(stage, verb)));
    describe('strangers', () => strangerTests(stage));
    if (options.cloud.wire) describe('failures', () => faultTests(stage));
    describe('jobs', () => jobTests(stage));
  });
}
