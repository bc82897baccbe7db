import { usageError } from '../../core/errors.ts';
import { jsonText } from '../../ui/sanitize.ts';
import { defineCommand } from '../program/command.ts';
import { completionScripts } from '../completion/scripts.ts';
import { completionTable } from '../completion/table.ts';
import { plainText } from '../program/outcome.ts';

const shells = Object.keys(completionScripts);

export const completion = defineCommand({
  about:
    'Completes verbs, options and their values, profiles that can do the verb, and images by the names that the last lists on this terminal ' +
    'showed (for half an hour). Nothing is asked of a provider. "json" prints the words themselves, for other shells.',
  args: { shell: { takes: 'required', summary: shells.join(', '), completes: 'shell' } },
  options: {},
  needs: {},
  examples: [
    { does: 'in the current bash session', type: 'source <(imgctl completion bash)' },
    { does: 'in every bash session', type: 'imgctl completion bash > ~/.local/share/bash-completion/completions/imgctl' },
    { does: 'in every fish session', type: 'imgctl completion fish > ~/.config/fish/completions/imgctl.fish' },
    { does: 'in every zsh session (a folder of $fpath)', type: 'imgctl completion zsh > ~/.zfunc/_imgctl' },
  ],
  async run(input, context) {
    if (input.shell === 'json') return plainText(`${jsonText(await completionTable(context.commands, context.drivers))}\n`);
    const script = Object.entries(completionScripts).find(([shell]) => shell === input.shell)?.[1];
    if (script === undefined) throw usageError(`unsupported shell: ${input.shell}`, { hint: `Supported: ${shells.join(', ')}` });
    return plainText(script);
  },
});
