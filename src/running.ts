/**
 * What runs now and ends with the notebook's pod, by the names that a person knows it by.
 *
 * Rule: a kernel is called busy when either JupyterLab or the server's last look says so.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Reason, Status } from './contract';
import * as units from './units';

/** The names, busy ones first. */
export type Running = () => readonly string[];

type Manager = Pick<JupyterFrontEnd['serviceManager'], 'sessions' | 'terminals'>;

export function running(
  { sessions, terminals }: Manager,
  status: () => Status | null,
  trans: TranslationBundle
): Running {
  return () => {
    const now = status();
    const use = now?.activity;
    const reasons = use?.kind === 'activity' && use.in_use ? use.reasons : [];
    const left = new Set(reasons.filter(one => one.kind && WORK.has(one.kind)));
    const busy: string[] = [];
    const idle: string[] = [];
    for (const { name, kernel } of sessions.running()) {
      const why = [...left].find(one => one.kind === 'kernel_busy' && one.text.includes(name));
      const called = trans.__('Kernel of %1', name);
      if (why) {
        left.delete(why);
        busy.push(trans.__('%1 is busy%2', called, since(why, now, trans)));
      } else if (kernel?.execution_state === 'busy') {
        busy.push(trans.__('%1 is busy', called));
      } else {
        idle.push(called);
      }
    }
    const others = [...left].map(one => `${one.text}${since(one, now, trans)}`);
    const open = [...terminals.running()].map(one => trans.__('Terminal %1', one.name));
    return [...new Set([...busy, ...others, ...idle, ...open])];
  };
}

/** Reasons of use that are work, and not the presence of somebody. */
const WORK = new Set<string>(['kernel_busy', 'process', 'gpu', 'operation']);

function since(reason: Reason, now: Status | null, trans: TranslationBundle): string {
  return reason.since && now ? trans.__(' since %1', units.moment(reason.since, now.taken)) : '';
}
