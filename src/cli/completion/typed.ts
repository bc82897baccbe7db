import type { CompletionTable, OptionWord, VerbWord } from './table.ts';

/** What the words before the cursor say. */
export interface TypedWords {
  readonly verb?: VerbWord;
  /** `profile`, where the word behind it is still to come. */
  readonly group?: string;
  /** Words behind the verb that are no options. */
  readonly words: readonly string[];
  /** Values, or '' for those without, by the option's long name. */
  readonly given: ReadonlyMap<string, string>;
  /** The last word is an option whose value comes next. */
  readonly awaiting?: OptionWord;
  /** A `--` stands before: no more options. */
  readonly onlyWords: boolean;
}

/** Options that may be typed now. Before the verb is known any verb's are understood. */
export function optionsFor(verb: VerbWord | undefined, table: CompletionTable): readonly OptionWord[] {
  return [...table.globals, ...(verb ? verb.options : table.verbs.flatMap(({ options }) => options))];
}

/** Reads the words between the program's name and the one that is being typed. */
export function parseTyped(before: readonly string[], table: CompletionTable): TypedWords {
  const words: string[] = [];
  const given = new Map<string, string>();
  let verb: VerbWord | undefined;
  let group: string | undefined;
  let awaiting: OptionWord | undefined;
  let onlyWords = false;
  for (const word of before) {
    if (awaiting) {
      given.set(awaiting.flag, word);
      awaiting = undefined;
    } else if (!onlyWords && word === '--') onlyWords = true;
    else if (!onlyWords && word.startsWith('-') && word !== '-') {
      const [name = '', ...value] = word.split('=');
      const option = optionsFor(verb, table).find(({ flag, short }) => flag === name || short === name);
      if (option?.takesValue && value.length === 0) awaiting = option;
      else given.set(option?.flag ?? name, value.join('='));
    } else if (verb) words.push(word);
    else {
      verb = verbNamed(word, group, table);
      group = verb ? undefined : word;
    }
  }
  return {
    ...(verb ? { verb } : {}),
    ...(group === undefined ? {} : { group }),
    words,
    given,
    ...(awaiting ? { awaiting } : {}),
    onlyWords,
  };
}

function verbNamed(word: string, group: string | undefined, table: CompletionTable): VerbWord | undefined {
  const path = group === undefined ? word : `${group} ${word}`;
  const inGroup = (verb: VerbWord): boolean =>
    group === undefined ? !verb.path.includes(' ') : verb.path.startsWith(`${group} `);
  return table.verbs.find((verb) => verb.path === path || (inGroup(verb) && verb.aliases.includes(word)));
}
