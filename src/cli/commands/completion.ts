import { usageError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { completionScript, shells } from '../completion-script.ts';
import { plainText } from '../outcome.ts';

export const completion = defineCommand({
  args: { shell: { takes: 'required', summary: shells.join(', '), completes: 'shell' } },
  options: {},
  needs: {},
  examples: [
    { does: 'for the running bash', type: 'source <(imgctl completion bash)' },
    { does: 'for fish, for good', type: 'imgctl completion fish > ~/.config/fish/completions/imgctl.fish' },
  ],
  async run(input, context) {
    const shell = shells.find((known) => known === input.shell);
    if (!shell) throw usageError(`there is no completion for "${input.shell}"`, { hint: `shells: ${shells.join(', ')}` });
    const loaded = await Promise.all(context.commands.map(async (entry) => ({ entry, command: await entry.load() })));
    return plainText(completionScript(shell, loaded, context.drivers.names));
  },
});
