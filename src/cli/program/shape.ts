import type { OperationName } from '../../core/operation.ts';
import type { Options } from './option.ts';

export interface Arg {
  readonly summary: string;
  /** `required`: one; `optional`: one or none; `many`: at least one; `any`: none or more. */
  readonly takes: 'required' | 'optional' | 'many' | 'any';
  /** The empty text is the same as none. */
  readonly mayBeEmpty?: boolean;
  /** It names an image that is to be made, which may have its profile in front. */
  readonly isNewImage?: boolean;
  /** It is only looked at, and -p names where something is done. */
  readonly isOfAnyProfile?: boolean;
  /** `images`: by a glob, for which no channel stands. */
  readonly completes?:
    'image' | 'images' | 'channel' | 'profile' | 'provider' | 'file' | 'topic' | 'shell' | 'field' | 'format' | 'run' | 'source';
}

export type Args = Readonly<Record<string, Arg>>;

/** The verbs that a command uses, by the end at which it uses them (`at`, or `from` and `to`). */
export type Needs = Readonly<Record<string, readonly OperationName[]>>;

export interface Example {
  readonly does: string;
  readonly type: string;
}

/** A command as help and completion see it. */
export interface CommandShape {
  readonly about?: string;
  readonly args: Args;
  readonly options: Options;
  readonly needs: Needs;
  readonly examples: readonly Example[];
}

/** A command in the list of them: what is known of it without loading it. */
export interface CommandEntry<Loaded extends CommandShape = CommandShape> {
  /** What is typed: `list`, `profile add`. */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  load(): Promise<Loaded>;
}

/** A command that was typed, with what it is listed as. */
export interface Chosen<Loaded extends CommandShape = CommandShape> {
  readonly entry: CommandEntry<Loaded>;
  readonly command: Loaded;
}
