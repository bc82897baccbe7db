/** What an image is to a channel in one profile: a line of `channel list`. */
export interface ChannelRow {
  /** `NAME@CHANNEL`. */
  readonly channel: string;
  readonly profile: string;
  /** The target. Absent: it is gone. */
  readonly id?: string;
  readonly name?: string;
  readonly status?: string;
  readonly contentId?: string;
  /** When it became so, by whom and why; absent: nobody wrote it down. */
  readonly since?: string;
  readonly by?: string;
  readonly reason?: string;
  /** Why its content was revoked: nobody gets it by the channel any more. */
  readonly revoked?: string;
  /** Images that are marked as the target still, although another one has taken their place: a run was broken off. */
  readonly superseded?: readonly string[];
  /** By what other tools find it, where the provider has that. Absent: by nothing but what the image says. */
  readonly projection?: ChannelProjection;
}

/** What follows a channel at its provider. */
export interface ChannelProjection {
  /** `alias`, `tag`, `parameter`. */
  readonly kind: string;
  /** As its tools name it. Absent: nobody could look. */
  readonly name?: string;
  /** The image that it leads to. Absent: none of this channel. */
  readonly id?: string;
  /** Who else has called something so: it does not follow. */
  readonly takenBy?: string;
  /** It does not lead where the channel points to: a run was broken off, or it may not be moved. The same `channel set` brings it along. */
  readonly lags?: boolean;
  /** Why nobody could look. */
  readonly message?: string;
}

/** One time that an image became the target: a line of `channel history`. */
export interface ChannelHistoryRow {
  readonly channel: string;
  readonly profile: string;
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly contentId?: string;
  readonly at?: string;
  readonly by?: string;
  readonly reason?: string;
  /** It was gone back to: the number of the earlier time. */
  readonly restores?: number;
  readonly isTarget: boolean;
  /** The channel was deleted then. */
  readonly isEnd?: boolean;
  readonly revoked?: string;
}

/** What became of a channel in one profile, or of an image that is revoked. */
export interface ChannelChangeRow {
  /** Absent: of an image that no channel points to. */
  readonly channel?: string;
  readonly profile: string;
  /** The image that it is about: the target from then on, or what is revoked. */
  readonly id?: string;
  readonly name?: string;
  /** Id of the target before. */
  readonly from?: string;
  readonly result: 'ok' | 'failed' | 'planned' | 'skipped';
  readonly message?: string;
  readonly code?: string;
  readonly exitCode?: number;
  readonly hint?: string;
}
