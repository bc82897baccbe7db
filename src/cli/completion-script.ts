import type { Chosen } from './parse.ts';
import { flagName, type Options } from './option.ts';
import { globalOptions } from './settings.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const longFlags = (options: Options): string[] =>
  Object.entries(options).flatMap(([key, option]) =>
    option.kind === 'switch' ? [`--${flagName(key)}`, `--no-${flagName(key)}`] : [`--${flagName(key)}`],
  );

interface Word {
  readonly path: string;
  readonly flags: readonly string[];
  readonly summary: string;
}

/** What follows a flag, where it is one of a few words. */
function choices(commands: readonly Chosen[], providers: readonly string[]): Map<string, readonly string[]> {
  const known = new Map<string, readonly string[]>([['--provider', providers]]);
  for (const options of [globalOptions, ...commands.map(({ command }) => command.options)] as Options[])
    for (const [key, option] of Object.entries(options)) if (option.choices) known.set(`--${flagName(key)}`, option.choices);
  return known;
}

/** A script that completes verbs, options, their values, and the names of the profiles that there are. */
export function completionScript(shell: Shell, commands: readonly Chosen[], providers: readonly string[]): string {
  const words = commands.flatMap(({ entry, command }): Word[] =>
    [entry.path, ...(entry.path.includes(' ') ? [] : entry.aliases)].map((path) => ({
      path,
      flags: longFlags(command.options),
      summary: entry.summary,
    })),
  );
  const values = choices(commands, providers);
  if (shell === 'bash') return bash(words, values);
  return shell === 'zsh' ? zsh(words, values) : fish(words, values);
}

const firstWords = (words: readonly Word[]): string => [...new Set(words.map((word) => word.path.split(' ')[0]))].join(' ');
const profileNames = 'imgctl profile list -o id 2>/dev/null';

/** The same lookup for bash and zsh: sets `words_for` to what can stand where the cursor is. */
function lookup(words: readonly Word[], values: ReadonlyMap<string, readonly string[]>): string {
  const groups = [...new Set(words.filter((word) => word.path.includes(' ')).map((word) => word.path.split(' ')[0] ?? ''))];
  const valueCases = [...values].map(([flag, list]) => `    ${flag}) echo "${list.join(' ')}"; return;;`);
  const groupCases = groups.map((group) => {
    const inside = words.filter((word) => word.path.startsWith(`${group} `)).map((word) => word.path.slice(group.length + 1));
    return `    ${group}) echo "${inside.join(' ')}"; return;;`;
  });
  const flagCases = words.map((word) => `    "${word.path}") echo "${word.flags.join(' ')}";;`);
  return `_imgctl_words() {
  local previous=$1 current=$2 verb=$3 second=$4
  case "$previous" in
    -p|--profile) ${profileNames}; return;;
    -o|--output) previous=--output;;
  esac
  case "$previous" in
${valueCases.join('\n')}
  esac
  if [ -z "$verb" ]; then echo "${firstWords(words)}"; [ "\${current#-}" = "$current" ] && return; fi
  if [ -z "$second" ]; then case "$verb" in
${groupCases.join('\n')}
  esac; fi
  if [ "\${current#-}" = "$current" ]; then
    case "$verb" in profile|list|ls) [ -n "$second" ] && ${profileNames};; *) ${profileNames} | sed 's/$/:/';; esac
    return
  fi
  echo "${longFlags(globalOptions).join(' ')} --help"
  case "$verb" in ${groups.join('|')}) verb="$verb $second";; esac
  case "$verb" in
${flagCases.join('\n')}
  esac
}
`;
}

const bash = (words: readonly Word[], values: ReadonlyMap<string, readonly string[]>): string => `# bash completion for imgctl
${lookup(words, values)}
_imgctl() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb= second= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -p|--profile|-o|--output) ((i++));;
      -*) ;;
      *) if [ -z "$verb" ]; then verb=\${COMP_WORDS[i]}; else second=\${COMP_WORDS[i]}; break; fi;;
    esac
  done
  local found
  found=$(_imgctl_words "$previous" "$current" "$verb" "$second")
  COMPREPLY=($(compgen -W "$found" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]] && compopt -o nospace
}
complete -o default -F _imgctl imgctl
`;

const zsh = (words: readonly Word[], values: ReadonlyMap<string, readonly string[]>): string => `#compdef imgctl
${lookup(words, values)}
_imgctl() {
  local verb= second= i found
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in
      -p|--profile|-o|--output) ((i++));;
      -*) ;;
      *) if [ -z "$verb" ]; then verb=\${words[i]}; else second=\${words[i]}; break; fi;;
    esac
  done
  found=(\${(f)"$(_imgctl_words "\${words[CURRENT-1]}" "\${words[CURRENT]}" "$verb" "$second" | tr ' ' '\\n')"})
  compadd -S '' -- \${(M)found:#*:}
  compadd -- \${found:#*:}
  [[ -n "$verb" ]] && _files
}
if [ "$funcstack[1]" = _imgctl ]; then _imgctl "$@"; else compdef _imgctl imgctl; fi
`;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`\'`)}'`;

function fish(words: readonly Word[], values: ReadonlyMap<string, readonly string[]>): string {
  const first = new Map(words.map((word) => [word.path.split(' ')[0] ?? '', word.path.includes(' ') ? '' : word.summary]));
  const verbs = [...first].map(
    ([verb, summary]) => `complete -c imgctl -n __fish_use_subcommand -a ${verb}${summary ? ` -d ${quoted(summary)}` : ''}`,
  );
  const nested = words
    .filter((word) => word.path.includes(' '))
    .map((word) => {
      const [group = '', inside = ''] = word.path.split(' ');
      return `complete -c imgctl -n '__fish_seen_subcommand_from ${group}' -a ${inside} -d ${quoted(word.summary)}`;
    });
  const flag = (condition: string, long: string): string => {
    const list = values.get(long);
    return `complete -c imgctl ${condition}-l ${long.slice(2)}${list ? ` -x -a ${quoted(list.join(' '))}` : ''}`;
  };
  const own = words.flatMap((word) =>
    word.flags.map((long) => flag(`-n '__fish_seen_subcommand_from ${word.path.split(' ').at(-1) ?? ''}' `, long)),
  );
  return [
    '# fish completion for imgctl',
    `complete -c imgctl -s p -l profile -x -a '(${profileNames})'`,
    ...longFlags(globalOptions)
      .filter((long) => long !== '--profile')
      .map((long) => flag('', long)),
    ...verbs,
    ...nested,
    ...own,
    '',
  ].join('\n');
}
