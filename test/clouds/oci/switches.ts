/** What registries differ in. The default is what CNCF distribution 2.8.2 does, deletion allowed. */
export interface Switches {
  /** `storage.delete.enabled`. */
  deletes: boolean;
  /**
   * What DELETE does. `manifest`: a digest takes its tags along, a tag is 400. `apart`: a digest leaves tags as they are, which go
   * by themselves. `tag-first`: a digest goes only when no tag names it. `tag-only`: no digest goes. `pretended`: 202, and nothing
   * is done. `locked`: 405 with a reason.
   */
  deletion: 'manifest' | 'apart' | 'tag-first' | 'tag-only' | 'pretended' | 'locked';
  /** Status of a DELETE by digest that is refused because it is one, or because a tag names it; 0: 400, or 405. */
  refusedDigest: number;
  /** The status with which a tag that names another manifest is refused; 0: tags move. */
  immutable: 0 | 400 | 409 | 412;
  /** The code of a 404 for what nobody has written; absent: those of the specification. */
  unknownCode: string | undefined;
  /** Status of every HEAD of manifests, and of blobs; 0: as GET. */
  headOfManifests: number;
  headOfBlobs: number;
  /** Status of a POST that would mount; 0: as `mounts` says. */
  mountStatus: number;
  /** The most that a PUT or PATCH may have; above it a proxy answers 413 in HTML. */
  mostBody: number;
  /** The scope that challenges name in the place of what is needed. */
  challengeScope: string | undefined;
  /** `storage.maintenance.readonly.enabled`: writes are refused in plain text. */
  readOnly: boolean;
  /** Tags come sorted, in pages of this many, with `Link`; 0: all at once and unsorted. */
  pageLength: number;
  /** `Link` names the same page for ever. */
  endlessPages: boolean;
  /** How one signs in. */
  auth: 'none' | 'basic' | 'bearer';
  /** Locations are paths, as with `relativeurls`. */
  relativeLocations: boolean;
  /** What stands in front of an absolute Location; absent: the server's own origin. */
  locationOrigin: string | undefined;
  /** Blobs are read from storage elsewhere, by a redirect with a signed URL. */
  storage: string | undefined;
  /** Uploads know their offset: a chunk for another one is 416, and GET tells how far a broken one got. */
  checksOffsets: boolean;
  /** The least that a chunk must have, as `OCI-Chunk-Min-Length`. */
  leastChunk: number;
  /** The most that a PATCH may have; above it 416. */
  mostPatch: number;
  /** PATCH answers 201 rather than 202. */
  patch201: boolean;
  /** `If-Match` and `If-None-Match` of a PUT are compared (412). */
  comparesTags: boolean;
  /** Mounting across repositories works. */
  mounts: boolean;
  /** Sizes of collected blobs by digest: HEAD goes on as if they were there, and no byte of them comes. */
  staleBlobs: Map<string, number>;
  /** A manifest PUT is kept, and the answer is lost. */
  losesManifestAnswers: number;
  /** A manifest PUT is answered with 201, and nothing is kept. */
  keepsNothing: boolean;
  /** Digests that answers name in the place of the true one. */
  liesAbout: string | undefined;
  /** No `Docker-Content-Digest` on any answer. */
  namesDigests: boolean;
  /** Seconds that a token lives. */
  tokenLife: number;
}

export const defaultSwitches = (): Switches => ({
  deletes: true,
  deletion: 'manifest',
  refusedDigest: 0,
  immutable: 0,
  unknownCode: undefined,
  headOfManifests: 0,
  headOfBlobs: 0,
  mountStatus: 0,
  mostBody: Number.POSITIVE_INFINITY,
  challengeScope: undefined,
  readOnly: false,
  pageLength: 0,
  endlessPages: false,
  auth: 'bearer',
  relativeLocations: false,
  locationOrigin: undefined,
  storage: undefined,
  checksOffsets: false,
  leastChunk: 0,
  mostPatch: Number.POSITIVE_INFINITY,
  patch201: false,
  comparesTags: false,
  mounts: true,
  staleBlobs: new Map(),
  losesManifestAnswers: 0,
  keepsNothing: false,
  liesAbout: undefined,
  namesDigests: true,
  tokenLife: 300,
});
