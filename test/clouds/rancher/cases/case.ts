import type { Image } from '../../../../src/core/image.ts';
import type { ListRequest } from '../../../../src/core/operation.ts';
import { allOf, everything, testCall } from '../../../conformance/stage.ts';
import type { RancherOptions } from '../index.ts';
import { homeProject } from '../keys.ts';
import type { Version } from '../versions.ts';
import type { Visit } from '../visit.ts';

/** One of the shared cases, shown at the driver: what was asked, what came of it, what was not sent. */
interface Case {
  readonly title: string;
  /** Versions that it is about; default: all. */
  readonly on?: readonly Version[];
  readonly options?: RancherOptions;
  run(visit: Visit, version: Version): Promise<void>;
}

/** Cases by their shared id. */
export type Cases = Readonly<Record<string, Case>>;

/** All that a list gives. */
export const listed = ({ session }: Visit, request: Partial<ListRequest> = {}): Promise<readonly Image[]> =>
  allOf(session.require('list').run({ ...everything, ...request }, testCall()));

/** Path of the newest API version. */
export const root = (version: Version): string => (version === '1.1' ? '/v1' : '/v2-beta');

/** Path of the images of the profile's project. */
export const images = (version: Version): string => `${root(version)}/projects/${homeProject}/images`;

/** Every request that could change something, as `METHOD path`. */
export const writes = ({ cloud }: Visit): readonly string[] =>
  cloud
    .requests()
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);
