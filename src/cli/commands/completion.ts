import { usageError } from '../../core/errors.ts';
import { completionScript, shells } from '../completion-script.ts';
import { defineCommand, type Command } from '../command.ts';
import { plainText } from '../outcome.ts';

/** `completion`, over the commands that there are. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    path: 'completion',
    summary: 'Print the completion script of a shell',
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
      return plainText(completionScript(shell, commands(), context.drivers.names));
    },
  });
}
