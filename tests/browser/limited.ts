/** Limits around a Jupyter, as a pod has them: real cgroups where this machine lets them be made. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD = 100_000; // microseconds: the kernel's own default

export interface Limited {
  /** What a program is started by; none where no limit could be set. */
  within?: string[];
  remove(): void;
}

/** Cgroups of this name below our own, for bytes of memory and for cores; version 1 alone. */
export function limited(name: string, memory: number, cores: number): Limited {
  const wanted: Record<string, Record<string, number>> = {
    memory: { 'memory.limit_in_bytes': memory },
    cpu: { 'cpu.cfs_period_us': PERIOD, 'cpu.cfs_quota_us': cores * PERIOD },
    cpuacct: {}
  };
  const made: string[] = [];
  const remove = (): void => made.splice(0).forEach(erased);
  try {
    for (const line of fs.readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
      const [, controllers = '', own = ''] = line.split(':');
      const limits = wanted[controllers];
      if (limits) {
        const folder = path.join(ROOT, controllers, own, `${name}-${process.pid}`);
        fs.mkdirSync(folder);
        made.push(folder);
        for (const [file, value] of Object.entries(limits)) {
          fs.writeFileSync(path.join(folder, file), String(value));
        }
      }
    }
  } catch {
    remove();
  }
  const enter = made.map(folder => `echo $$ > '${folder}/cgroup.procs'`).join('; ');
  return { within: enter ? ['sh', '-c', `${enter}; exec "$@"`, 'sh'] : undefined, remove };
}

function erased(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // somebody still lives in it: it goes with this machine
  }
}
