import type { Call } from './call.ts';
import type { BlockFacts, BlockOperation } from './blocks.ts';
import type { Accept } from './encoding.ts';
import type { ImageRecord, Status, Visibility } from './image.ts';
import type { OperationName } from './operation-names.ts';
import type {
  Editable,
  Extras,
  ListRequest,
  ListFacts,
  ShowRequest,
  CreateRequest,
  PatchRequest,
  ReplicateRequest,
  UploadRequest,
  DownloadRequest,
  Download,
  ImportRequest,
  ShareRequest,
  Member,
  Place,
} from './request.ts';
import type { ImageUses, UsesFacts, UsesRequest } from './uses.ts';

export { operationNames, readingVerbs, type OperationName } from './operation-names.ts';
export type { Call, Note } from './call.ts';
export type * from './server-side-copy.ts';
export type * from './request.ts';
export type * from './uses.ts';

type StateChange<Facts = LaterFacts> = { request: { readonly id: string }; result: Promise<ImageRecord>; facts: Facts };

/** `later`: the provider may answer before the work is done. A run of the verb then says `began`, and waiting is due. */
interface LaterFacts {
  readonly later?: boolean;
}

export interface DeactivateFacts extends LaterFacts {
  /** `hard`: nobody but an administrator can use the image then. `soft`: it is not offered any more, and whoever names it can. */
  readonly force: 'hard' | 'soft';
  /** What of it is gone then, and does not come back when it is reactivated. Absent: nothing. */
  readonly loses?: readonly ('shares' | 'visibility')[];
}

/** What `--to` and `--region` name there, and what a copy is: the `same` image in many places, or an image with an id of its `own` in each. */
interface PlaceFacts {
  readonly place: string;
  readonly copies: 'same' | 'own';
}

/** `with`: who gets access, in a word. `ids`: what names one. `offers`: the own filter of `list` that gives what is offered to us; absent: nobody has to accept anything. */
export interface ShareFacts {
  readonly with: string;
  readonly ids: RegExp;
  readonly offers?: readonly [filter: string, value: string];
}

/** Every verb: what it is asked, what it gives, and what is known of it without a network. */
export interface OperationTypes {
  list: { request: ListRequest; result: AsyncIterable<ImageRecord>; facts: ListFacts };
  show: { request: ShowRequest; result: Promise<ImageRecord>; facts: object };
  create: { request: CreateRequest; result: Promise<ImageRecord>; facts: CreateFacts };
  patch: { request: PatchRequest; result: Promise<ImageRecord>; facts: { readonly fields: readonly Editable[] } & Extras };
  deactivate: StateChange<DeactivateFacts>;
  reactivate: StateChange;
  restore: StateChange;
  purge: StateChange;
  delete: { request: { readonly id: string }; result: Promise<void>; facts: DeleteFacts };
  replicate: { request: ReplicateRequest; result: Promise<ImageRecord>; facts: PlaceFacts & LaterFacts };
  upload: { request: UploadRequest; result: Promise<ImageRecord>; facts: UploadFacts };
  download: { request: DownloadRequest; result: Promise<Download>; facts: DownloadFacts };
  import: { request: ImportRequest; result: Promise<ImageRecord>; facts: ImportFacts };
  share: { request: ShareRequest; result: Promise<readonly Member[]>; facts: ShareFacts };
  places: { request: object; result: Promise<readonly Place[]>; facts: PlaceFacts };
  uses: { request: UsesRequest; result: Promise<readonly ImageUses[]>; facts: UsesFacts };
}

interface CreateFacts extends Extras, LaterFacts {
  readonly from: readonly ('nothing' | 'disk')[];
  readonly fields: readonly Editable[];
  /** The caller may choose the id. */
  readonly ownId?: boolean;
  /** It can be made without a name. */
  readonly nameless?: boolean;
  /** What `--region` names, where the provider wants one for a new image. */
  readonly place?: string;
}
export interface UploadFacts extends Extras, LaterFacts {
  readonly accepts: readonly [Accept, ...Accept[]];
  readonly fields: readonly Editable[];
  readonly ownId?: boolean;
  readonly place?: string;
  /** A queued record can be filled (`--into`). */
  readonly into: boolean;
  /** Digests that the provider reports of the bytes it took, the strongest first. That one is taken on the way; all of what can be read only once. None: it never tells. */
  readonly digests: readonly string[];
  /** The verb itself holds what the provider got against what was sent, and throws INTEGRITY where they differ. */
  readonly verifies?: boolean;
  /** It moves no bytes that it has already, where their SHA-256 is known before they are sent. */
  readonly knowsByDigest?: boolean;
  /**
   * How it takes what a download of the same provider hands over: the service lets one place have what lies in another, and no
   * byte moves.
   */
  readonly handover?: 'mount';
  /** The realm of the original documents that it takes over with the parts that they name, as they lie. Absent: it takes none so. */
  readonly originals?: string;
  /** Nobody sees an image before it is whole: others may be let see it from the beginning. */
  readonly appearsWhole?: boolean;
  /** How it takes a disk in blocks. Absent: as one stream only. */
  readonly blocks?: BlockFacts;
  /** What visibility can be asked for: where images are shared with accounts by name, a copy is shared with none. Absent: any. */
  readonly visibilities?: readonly Visibility[];
  /** What a tag has to look like; absent: anything goes. */
  readonly tags?: RegExp;
  /** Names of properties that are the provider's own: of another image they stay behind. Absent: there are none. */
  readonly reserved?: RegExp;
}
interface DownloadFacts {
  readonly ranges: boolean;
  /**
   * Names of properties that refer to what is in this account's cloud only, such as other images, servers and keys: of a copy
   * elsewhere they would name nothing, or what is somebody else's. Absent: there are none.
   */
  readonly references?: RegExp;
}
interface DeleteFacts extends LaterFacts {
  /** The only states from which an image can be deleted; absent: any. */
  readonly from?: readonly Status[];
  /** What lies behind an image and goes with it, where nothing else needs it. Absent: nothing but its data, wherever that lies. */
  readonly takes?: 'snapshots';
}
interface ImportFacts extends Extras, LaterFacts {
  readonly ownId?: boolean;
  readonly schemes: readonly string[];
  readonly methods: readonly string[];
  readonly fields: readonly Editable[];
  readonly into: boolean;
  /**
   * How it takes what a download of the same provider hands over: it has its own machines fetch the data (`pull`), or, where
   * both ends lie on this machine, gives the data that is there a second name (`link`).
   */
  readonly handover?: 'pull' | 'link';
}

interface Run<Client, Name extends OperationName> {
  run(client: Client, request: OperationTypes[Name]['request'], call: Call): OperationTypes[Name]['result'];
}

/** One verb as one driver performs it: facts known without a network, and the function that does it; of an upload, or its block form, or both. */
export type Operation<Client, Name extends OperationName> = OperationTypes[Name]['facts'] &
  (Name extends 'upload' ? Run<Client, Name> | (Partial<Run<Client, Name>> & BlockOperation<Client>) : Run<Client, Name>);

/** list and show are the price of admission; every other verb is the provider's to offer. */
export type Operations<Client> = { readonly [N in 'list' | 'show']: Operation<Client, N> } & {
  readonly [N in Exclude<OperationName, 'list' | 'show'>]?: Operation<Client, N>;
};
