import type { CommandShape } from './shape.ts';
import type { Context } from './context.ts';
import type { Options, OptionValues } from './option.ts';
import type { ReportFormat } from './settings.ts';
import type { View } from '../../ui/view.ts';
import type { Outcome } from './outcome.ts';
import type { Arg, Args, Needs, Example } from './shape.ts';

type ArgValue<A extends Arg> = A['takes'] extends 'required'
  ? string
  : A['takes'] extends 'optional'
    ? string | undefined
    : readonly string[];
type ArgValues<A extends Args> = { readonly [K in keyof A]: ArgValue<A[K]> };

/** A view of whatever. */
type AnyView = View<never>;

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
  /** Formats for other tools in which it can say what it has to say. */
  readonly reports?: readonly ReportFormat[];
  run(input: ArgValues<A> & OptionValues<O>, context: Context<N>): Promise<Outcome | undefined>;
}

/** A command as the parser sees it. */
export interface Command extends CommandShape {
  draws?(input: Readonly<Record<string, unknown>>): AnyView | undefined;
  readonly isHarmless?: boolean;
  /** Formats for other tools in which it can say what it has to say. */
  readonly reports?: readonly ReportFormat[];
  run(input: Readonly<Record<string, unknown>>, context: Context<Needs>): Promise<Outcome | undefined>;
}

/** Makes a command; its inputs are typed from `args` and `options`, the verbs it may use from `needs`. */
export function defineCommand<const A extends Args, const O extends Options, const N extends Needs>(
  definition: CommandDefinition<A, O, N>,
): Command {
  return definition as unknown as Command;
}
