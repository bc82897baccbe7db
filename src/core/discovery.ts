import type { Secret } from './secret.ts';

/** What the machine around us offers to look for profiles in. Nothing here writes. */
export interface HostEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Folder for per-user configuration (XDG_CONFIG_HOME or the platform's). */
  readonly configHome: string;
  /** The user's number on Linux; absent elsewhere. */
  readonly userId?: number;
  /** The region that was asked for on the command line. */
  readonly region?: string;
  /** Contents of a file as UTF-8, absent if there is none. Throws LOCAL if it is there and cannot be read. */
  text(path: string): Promise<string | undefined>;
  /** Throws CONFIG with the path and the line, and never with a value, when the text is not YAML, or has a tag that is not known. */
  yaml(text: string, path: string): unknown;
  /** Sections of an INI file; keys before the first section stand under ''. */
  ini(text: string): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * Runs a program of the user's that hands out credentials, `stdin` as its input, for at most 10 s. `status` is absent
   * when it could not be started or did not end in time. What it prints is never shown; of what it complains of (`stderr`) a line may be.
   */
  run?(
    program: string,
    args: readonly string[],
    stdin: string,
  ): Promise<{ readonly status?: number; readonly stdout: string; readonly stderr?: string }>;
}

/**
 * A profile found in the provider's own configuration. `source` names the file or the variables for the user. One that is
 * there and cannot be used says so in `leftOut`: its fields are none.
 */
export interface FoundProfile {
  readonly name: string;
  readonly source: string;
  readonly fields: Readonly<Record<string, string | Secret>>;
  /** The tool whose configuration it is, where that goes by another name than the provider: `profile import TOOL`. */
  readonly tool?: string;
  /** What who takes it over should be told. */
  readonly notes?: readonly string[];
  /** This is what the provider's own tools would use now, without being told a name: `env:PROVIDER`. */
  readonly ambient?: boolean;
  /** Why it cannot be used. Absent: it can, as far as can be told without asking anybody. */
  readonly leftOut?: string;
  /** What to do about that. */
  readonly hint?: string;
}
