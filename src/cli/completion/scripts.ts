const bash = `# bash completion for imgctl
_imgctl() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <(imgctl __complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ $kind == files ]]; then
    compopt -o default -o bashdefault 2>/dev/null
  elif [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:=,] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _imgctl imgctl
`;

const zsh = `#compdef imgctl
_imgctl() {
  local answer line text tab=$'\\t'
  local -a lines ended ended_shown open open_shown
  answer="$(imgctl __complete zsh "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)"
  lines=("\${(@f)answer}")
  if [[ $lines[1] == files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    text="\${line%%$tab*}"
    [[ $line == *$tab* ]] && line="$text  -- \${line#*$tab}"
    if [[ $text == *[:=,] ]]; then
      open+=("$text") open_shown+=("$line")
    else
      ended+=("$text") ended_shown+=("$line")
    fi
  done
  compadd -l -d ended_shown -a -- ended
  compadd -S '' -l -d open_shown -a -- open
}
if [[ $funcstack[1] == _imgctl ]]; then _imgctl "$@"; else compdef _imgctl imgctl; fi
`;

const fish = `# fish completion for imgctl
function __imgctl_complete
  set -l current (commandline -ct)
  set -l plain (string unescape -- $current)
  set -l answer (imgctl __complete fish (commandline -opc) "$plain" 2>/dev/null)
  if test "$answer[1]" = files
    __fish_complete_path "$plain"
  else if test (count $answer) -gt 1
    printf '%s\\n' $answer[2..-1]
  end
end
complete -c imgctl -f -a '(__imgctl_complete)'
`;

/** The shells, each with the script that makes it ask `imgctl __complete` what can stand at the cursor. */
export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };
