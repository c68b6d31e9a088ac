/** A pretended machine with GPUs: what its driver says is a file that may change at any time. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const BUILD = 'from tests.fakes.nvml.shim import build; print(build() or "")';

export const NO_COMPILER = 'NO C COMPILER: the fake NVIDIA driver cannot be built';

export type Keys = Record<string, string | number>;

export class Driver {
  /** A folder to throw away, for device nodes too. */
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kfnb-driver-'));

  /** The folder of the compiled library; empty without a compiler. */
  readonly library = execFileSync('python', ['-c', BUILD], {
    cwd: ROOT,
    encoding: 'utf8'
  }).trim();

  constructor(keys: Keys = {}) {
    this.state(keys);
  }

  /** What a Jupyter needs to find it. */
  get env(): Record<string, string> {
    return { LD_LIBRARY_PATH: this.library, FAKE_NVML_STATE: this.file };
  }

  /** What the GPUs are from now on. */
  state(keys: Keys): void {
    const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
    fs.writeFileSync(this.file, lines.join(''));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return path.join(this.folder, 'state');
  }
}
