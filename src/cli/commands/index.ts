import type { Command } from '../command.ts';
import { completionCommand } from './completion.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { download } from './download.ts';
import { helpCommand } from './help.ts';
import { importImage } from './import.ts';
import { inspectFile } from './inspect.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { places } from './places.ts';
import { add } from './profile/add.ts';
import { check } from './profile/check.ts';
import { importProfiles } from './profile/import.ts';
import { list as profileList } from './profile/list.ts';
import { remove as profileRemove } from './profile/remove.ts';
import { set } from './profile/set.ts';
import { show as profileShow } from './profile/show.ts';
import { use } from './profile/use.ts';
import { providers } from './providers.ts';
import { replicate } from './replicate.ts';
import { resolve } from './resolve.ts';
import { share, unshare } from './share.ts';
import { show } from './show.ts';
import { stateCommands } from './state.ts';
import { upload } from './upload.ts';
import { wait } from './wait.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  list,
  show,
  create,
  patch,
  ...stateCommands,
  remove,
  replicate,
  upload,
  download,
  copy,
  importImage,
  share,
  unshare,
  wait,
  resolve,
  convert,
  inspectFile,
  places,
  add,
  profileList,
  profileShow,
  set,
  use,
  profileRemove,
  check,
  importProfiles,
  providers,
  completionCommand(() => commands),
  helpCommand(() => commands),
];
