/** What a pod sees of its node, planted for one Jupyter: its limit, the node's memory, devices. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const SCRIPT = path.join(__dirname, '../fakes/pod.sh');

export const NOT_ROOT = 'NOT ROOT: a pod with a limit and devices of its own cannot be made';
export const isRoot = process.getuid?.() === 0;

export interface Planted {
  /** Bytes of memory that the pod may use. */
  limit?: number;
  /** Bytes of memory of the node. */
  node?: number;
  /** Names below /dev. */
  devices?: string[];
}

/** What a Jupyter is started by, to see what is planted in `folder`. */
export function podOf(folder: string): string[] {
  return [SCRIPT, folder];
}

/** Fills `folder`. */
export function plant(folder: string, { limit, node, devices }: Planted): void {
  fs.mkdirSync(folder, { recursive: true });
  if (limit !== undefined) {
    cgroup(path.join(folder, 'cgroup'), limit);
  }
  if (node !== undefined) {
    const real = fs.readFileSync('/proc/meminfo', 'utf8');
    const told = real.replace(/^MemTotal:.*$/m, `MemTotal: ${node / 1024} kB`);
    fs.writeFileSync(path.join(folder, 'meminfo'), told);
  }
  if (devices) {
    fs.mkdirSync(path.join(folder, 'dev'), { recursive: true });
    devices.forEach(name => fs.writeFileSync(path.join(folder, 'dev', name), ''));
  }
}

/** As both versions tell it: which one a process is in says the kernel of this machine. */
function cgroup(folder: string, limit: number): void {
  const files = {
    'cgroup.controllers': 'cpu memory pids',
    'memory.max': String(limit),
    'memory.current': String(2 ** 30),
    'memory.stat': 'anon 1073741824\ninactive_file 0\nshmem 0',
    'memory/memory.limit_in_bytes': String(limit),
    'memory/memory.usage_in_bytes': String(2 ** 30),
    'memory/memory.stat': 'total_inactive_file 0\nshmem 0'
  };
  fs.mkdirSync(path.join(folder, 'memory'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), `${text}\n`);
  }
}
