/** A pretended machine with GPUs: what its driver says is a file that may change at any time. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const BUILD =
  'import sys; from tests.fakes.nvml.shim import NAME, build; ' +
  'print(build(NAME, *sys.argv[1:]) or "")';

export const NO_COMPILER = 'NO C COMPILER: the fake NVIDIA driver cannot be built';

export type Keys = Record<string, string | number>;

/** The folder of the library, built once for all; empty without a compiler. */
function built(defines: string[]): string {
  return execFileSync('python', ['-c', BUILD, ...defines], { cwd: ROOT, encoding: 'utf8' }).trim();
}

let made = 0;

export class Driver {
  readonly library: string;

  /** `OLD`: without what drivers before 510 do not have. */
  constructor(...defines: string[]) {
    this.library = built(defines);
  }

  /** A folder to throw away, for device nodes too; it is there from the first state on. */
  readonly folder = path.join(os.tmpdir(), `kfnb-driver-${process.pid}-${made++}`);

  /** What a Jupyter needs to find it. */
  get env(): Record<string, string> {
    return { LD_LIBRARY_PATH: this.library, FAKE_NVML_STATE: this.file };
  }

  /** What the GPUs are from now on. */
  state(keys: Keys): void {
    const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
    fs.mkdirSync(this.folder, { recursive: true });
    fs.writeFileSync(this.file, lines.join(''));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return path.join(this.folder, 'state');
  }
}
