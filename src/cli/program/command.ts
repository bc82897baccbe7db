import type { OperationName } from '../../core/operation.ts';
import type { Context } from './context.ts';
import type { Options, OptionValues } from './option.ts';
import type { View } from '../../ui/view.ts';
import type { Outcome } from './outcome.ts';

export interface Arg {
  readonly summary: string;
  /** `required`: one; `optional`: one or none; `many`: at least one; `any`: none or more. */
  readonly takes: 'required' | 'optional' | 'many' | 'any';
  /** The empty text is the same as none. */
  readonly mayBeEmpty?: boolean;
  readonly completes?: 'image' | 'profile' | 'provider' | 'file' | 'topic' | 'shell' | 'field' | 'run';
}
export type Args = Readonly<Record<string, Arg>>;
type ArgValue<A extends Arg> = A['takes'] extends 'required'
  ? string
  : A['takes'] extends 'optional'
    ? string | undefined
    : readonly string[];
type ArgValues<A extends Args> = { readonly [K in keyof A]: ArgValue<A[K]> };

/** A view of whatever. */
type AnyView = View<never>;

/** The verbs that a command uses, by the end at which it uses them (`at`, or `from` and `to`). */
export type Needs = Readonly<Record<string, readonly OperationName[]>>;

export interface Example {
  readonly does: string;
  readonly type: string;
}

export interface CommandDefinition<A extends Args, O extends Options, N extends Needs> {
  /** More than the summary says, for the command's own help. */
  readonly about?: string;
  readonly args: A;
  readonly options: O;
  readonly needs: N;
  readonly examples: readonly [Example, Example, ...Example[]];
  /** What the result will be drawn by. Needed of whatever changes something: its columns are looked at before that. */
  draws?(input: ArgValues<A> & OptionValues<O>): AnyView | undefined;
  /** It changes nothing, and what it draws is looked at beforehand since it may take long. */
  readonly isHarmless?: boolean;
  run(input: ArgValues<A> & OptionValues<O>, context: Context<N>): Promise<Outcome | undefined>;
}

/** A command in the list of them: what is known of it without loading it. */
export interface CommandEntry {
  /** What is typed: `list`, `profile add`. */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  load(): Promise<Command>;
}

/** A command as the parser, help and completion see it. */
export interface Command {
  readonly about?: string;
  readonly args: Args;
  readonly options: Options;
  readonly needs: Needs;
  readonly examples: readonly Example[];
  draws?(input: Readonly<Record<string, unknown>>): AnyView | undefined;
  readonly isHarmless?: boolean;
  run(input: Readonly<Record<string, unknown>>, context: Context<Needs>): Promise<Outcome | undefined>;
}

/** Makes a command; its inputs are typed from `args` and `options`, the verbs it may use from `needs`. */
export function defineCommand<const A extends Args, const O extends Options, const N extends Needs>(
  definition: CommandDefinition<A, O, N>,
): Command {
  return definition as unknown as Command;
}
