import { contextIn, type Context, type ContextOptions } from './engine/api/context.ts';
import packageJson from '../package.json' with { type: 'json' };

/** Makes what calls work in, without a terminal. Throws CONFIG for a profile store that cannot be read, USAGE for a variable with an odd value. */
export const createContext = (options: ContextOptions = {}): Promise<Context> =>
  contextIn(options, { env: process.env, platform: process.platform, version: packageJson.version });

export { openAccount } from './engine/api/account.ts';
export { channelHistory, channels, deleteChannel, revoke, rollbackChannel, setChannel } from './engine/api/channels.ts';
export { check, list, members, places, resolve, show, uses, wait } from './engine/api/images.ts';
export { convert, copy, download, importImage, inspect, publish, upload } from './engine/api/data.ts';
export { create, deactivate, patch, reactivate, remove, replicate, restore, share, unshare } from './engine/api/records.ts';
export { apply, plan } from './engine/api/desired.ts';
export { policyCheck } from './engine/api/policy.ts';
export { prune } from './engine/api/retirement.ts';
export { exitCodes, ImgctlError } from './core/errors.ts';

export type { Action } from './core/action.ts';
export type { Format } from './core/encoding.ts';
export type { ChannelChangeRow, ChannelHistoryRow, ChannelRow } from './core/channel-row.ts';
export type { AppliedRow, DesiredAction, DesiredRow } from './core/desired.ts';
export type { Circumstances, Code } from './core/errors.ts';
export type { Image, PlaceState, Status, Visibility } from './core/image.ts';
export type { InspectionReport } from './core/inspection-report.ts';
export type {
  Changes,
  Description,
  Filters,
  ImageUses,
  Member,
  Place,
  SortKey,
  UnaskedUse,
  Use,
  UseKind,
} from './core/operation.ts';
export type { Severity, Violation } from './core/policy-report.ts';
export type { RetirementAction, RetirementRow } from './core/retirement.ts';
export type { ProfileCheck } from './engine/account/check.ts';
export type { Account } from './engine/api/account.ts';
export type { ChangingCall } from './engine/api/change.ts';
export type { ChannelChangeInput, ChannelInput, RevokeInput, SetChannelInput } from './engine/api/channels.ts';
export type { Context, ContextOptions, LossQuestion } from './engine/api/context.ts';
export type {
  ConvertCall,
  CopyInput,
  DownloadInput,
  ImportInput,
  InspectInput,
  Labels,
  PublishInput,
  UploadInput,
} from './engine/api/data.ts';
export type { ApplyCall, ApplyInput, DesiredInput, ManifestDocument, ManifestInput } from './engine/api/desired.ts';
export type { Event } from './engine/api/events.ts';
export type { ImageInput, ListInput, WaitInput } from './engine/api/images.ts';
export type {
  CreateInput,
  ImageChangeInput,
  PatchInput,
  ReplicateInput,
  ShareInput,
  UnshareInput,
} from './engine/api/records.ts';
export type { PolicyFindings, PolicyInput } from './engine/api/policy.ts';
export type { PruneInput } from './engine/api/retirement.ts';
export type { Converted, ConvertWishes } from './engine/operations/convert.ts';
export type { Copied } from './engine/operations/copy.ts';
export type { ByteSink, Downloaded } from './engine/operations/download.ts';
export type { PublishWishes } from './engine/publish/publish.ts';
export type { PublishedRow } from './core/publication.ts';
export type { Goal } from './engine/operations/wait.ts';
