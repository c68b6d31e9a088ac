/** A pretended machine with GPUs: what its driver says is a file that may change at any time. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const BUILD = 'from tests.fakes.nvml.shim import build; print(build() or "")';

export const NO_COMPILER = 'NO C COMPILER: the fake NVIDIA driver cannot be built';

export type Keys = Record<string, string | number>;

/** Built once for all: the folder of the library; empty without a compiler. */
const library = execFileSync('python', ['-c', BUILD], { cwd: ROOT, encoding: 'utf8' }).trim();
let made = 0;

export class Driver {
  readonly library = library;

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
