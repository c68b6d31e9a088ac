/** Limits around a Jupyter, as a pod has them: real cgroups where this machine lets them be made. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD = 100_000; // microseconds: the kernel's own default

/** Cgroups of one name below our own, once they are made: version 1 alone. */
export class Limited {
  /** What a program is started by; empty where no limit could be set. */
  readonly within: string[] = [];
  private made: string[] = [];

  constructor(private readonly name: string) {}

  /** Makes them, for bytes of memory and for cores, or none of them. */
  make(memory: number, cores: number): void {
    const wanted: Record<string, Record<string, number>> = {
      memory: { 'memory.limit_in_bytes': memory },
      cpu: { 'cpu.cfs_period_us': PERIOD, 'cpu.cfs_quota_us': cores * PERIOD },
      cpuacct: {}
    };
    try {
      for (const line of fs.readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')) {
        const [, controllers = '', own = ''] = line.split(':');
        const limits = wanted[controllers];
        if (limits) {
          this.one(path.join(ROOT, controllers, own, `${this.name}-${process.pid}`), limits);
        }
      }
    } catch {
      this.made.forEach(folder => fs.rmdirSync(folder));
      this.made = [];
    }
    if (this.made.length) {
      const enter = this.made.map(folder => `echo $$ > '${folder}/cgroup.procs'`).join('; ');
      this.within.push('sh', '-c', `${enter}; exec "$@"`, 'sh');
    }
  }

  /** Removes them once the last process in them, a kernel that lost its server, has ended. */
  async remove(): Promise<void> {
    for (const folder of this.made.splice(0)) {
      for (let left = 100; !removed(folder) && left; left--) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }

  private one(folder: string, limits: Record<string, number>): void {
    fs.mkdirSync(folder);
    this.made.push(folder);
    for (const [file, value] of Object.entries(limits)) {
      fs.writeFileSync(path.join(folder, file), String(value));
    }
  }
}

function removed(folder: string): boolean {
  try {
    fs.rmdirSync(folder);
    return true;
  } catch {
    return false; // somebody still lives in it
  }
}
