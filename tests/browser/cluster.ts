/** A fake cluster with one notebook, for a JupyterLab that reaches it by KUBECONFIG. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { JupyterOptions } from './jupyter';

const ROOT = path.resolve(__dirname, '../..');

/** Options of a Jupyter in such a cluster; its worlds stand in `tests/fakes/serve.py`. */
export function inCluster(world: 'volumes' | 'stock' | 'recorded' | 'rigid'): {
  options: JupyterOptions;
  stop: () => void;
} {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kfnb-cluster-'));
  const env = { KUBECONFIG: path.join(folder, 'kubeconfig'), KFNB_NOTEBOOK: 'alice/demo' };
  let server: ChildProcess | undefined;
  return {
    options: {
      env,
      prepare: async workspace => {
        const jupyter = process.env.KFNB_JUPYTER ?? 'jupyter';
        const beside = path.join(path.dirname(jupyter), 'python');
        const python = fs.existsSync(beside) ? beside : 'python3';
        const words = ['-m', 'tests.fakes.serve', folder, world, workspace];
        server = spawn(python, words, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
        await once(server.stdout!, 'data');
      }
    },
    stop: () => {
      server?.stdin?.end();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  };
}
