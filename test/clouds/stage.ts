import type { Driver } from '../../src/core/driver.ts';
import type { OperationName } from '../../src/core/operation.ts';
import type { Cloud } from '../conformance/cloud.ts';
import type { BedCloud, Identities, Wire } from './bed-cloud.ts';
import type { VerbLine } from './verb-line.ts';

type Texts = Readonly<Record<string, string>>;
type Request = { readonly method: string; readonly path: string };

/** A file of another tool in which every field it has is `value`, and the fields that it should give. */
export interface ForeignFile {
  /** Below the home folder. */
  readonly path: string;
  /** Name under which `profile import` keeps it. */
  readonly name: string;
  readonly env?: Texts;
  content(value: string): string;
  fields(value: string): Texts;
}

/** What a list says that leads on after every page. */
export interface EndlessList {
  /** Whether a request is for a page of the list. */
  isList(path: string): boolean;
  /** The key under which the rows of a page stand. */
  readonly rows: string;
  /** What page `n` says of the next one, in its body and in its headers; `asked` is the address of the first. */
  next(n: number, asked: string): { readonly body?: object; readonly headers?: Texts };
  /** Why an empty page ends the list, whatever it says of another one. Absent: it does not. */
  readonly emptyIsLast?: string;
}

/** What a provider with a wire is known by on it. */
export interface WireStage {
  /** What the provider's own servers say of what is not there, in all of their forms. */
  readonly notFound: readonly string[];
  /** The answer to a list of what is not there; absent: it says so of a list that is empty. */
  readonly noList?: string;
  /** How a list could go on for ever. Absent: it has no pages. */
  readonly endless?: EndlessList;
  /** Whether a request signs in, and so is about no image. */
  isSignIn(request: Request): boolean;
  /** Requests that a verb may begin with side by side. Absent: 1. */
  readonly atOnce?: number;
  /** Whether a request looks at an image by its id. Absent: a GET of an address that ends with it. */
  looksAt?(request: Request, id: string): boolean;
  /** Whether a request asks what the API can do, before anything is done by it. Absent: nobody asks. */
  asksForSchema?(request: Request): boolean;
  /** Whether a request carries the bytes of a disk there, or a piece of them. Absent: no disk can be sent. */
  sends?(request: Request): boolean;
  /** Whether a request asks for the bytes of this disk. Absent: none can be had. */
  fetches?(request: Request, disk: Uint8Array): boolean;
  /** It serves files alone: that one is not there is the word of whoever answers, in whatever form. */
  readonly servesFiles?: true;
  /** What it keeps is named by its digest: nobody can change it, only put another in its place. */
  readonly documents?: true;
  /** It may keep its bytes elsewhere, and say so by a redirect: that one is followed, without credentials. */
  readonly redirects?: true;
  /** The profile field that holds the address, and the origin of the service as it is written there. */
  readonly address: { readonly field: string; written(origin: string): string };
  /** What a profile says besides where a server of this origin stands in front of the fake: what the fake says of itself leads past it. */
  behind?(origin: string): Texts;
  /** Absent: it looks for no file of another tool. */
  readonly foreignFile?: ForeignFile;
}

/** What the suites that walk over all providers know of one: the only place where a provider's own setup stands. */
export interface ProviderStage {
  readonly driver: Driver;
  /** A fake, and a profile on it that may use every verb. */
  readonly cloud: Cloud;
  /** Fakes behind a fault proxy, by their word in a verb line; the one without a word bears the provider's name. None: it has no wire. */
  readonly beds: Readonly<Record<string, (identity?: Identities) => Promise<BedCloud>>>;
  /** Every verb as it is typed. */
  readonly verbLines: readonly VerbLine[];
  /** Verbs that ask nobody, each with why. */
  readonly silent?: Readonly<Partial<Record<OperationName, string>>>;
  /** Profiles in which every secret field holds something that must never be shown. `ORIGIN` stands for the service's address. */
  readonly plantedSecrets: readonly Texts[];
  /** Fields of the provider's record: those that hold free text, and those that hold something else or are read more closely. */
  readonly hostileRecord: {
    readonly texts: readonly string[];
    readonly others: readonly string[];
    /** Whether an image can have this text as its name, which is that of a file: with any other it is left out. Absent: any text is a name. */
    isName?(text: string): boolean;
    /** What is left of a value on the wire, where that keeps no more than texts. Absent: all of it. */
    told?(value: unknown): unknown;
    /** Where the record stands in what is shown as raw. Absent: it is all of it. */
    in?(raw: Wire): Wire;
  };
  /** A name leads to one image there: a second one is refused it. Absent: several may bear the same. */
  readonly names?: 'unique';
  /** `false`: no image can be made in the place of another one of its name. */
  readonly replaces?: false;
  readonly samples: {
    /** Id of a disk that an image can be made from. */
    readonly disk?: string;
    /** A place that an image can be replicated to. */
    readonly place?: string;
    /** Whom an image can be shared with, where that is not any text. */
    readonly partner?: string;
    /** Values without which no profile is complete, besides its address. */
    readonly account?: Texts;
  };
  readonly wire?: WireStage;
}
