// Decides which runs are so cheap that they run on the event loop: a thread's way back and forth costs a tiny model
// more than the run itself (docs/engines.md).
// Off the loop a run is seen to last until the loop looks, which under load says little of the run; and no run costs more
// than all that the process did meanwhile. Both only bound what a trial on the loop may cost; the trial tells.
// Invariant: only for models of steady cost (steady-cost.ts), only shapes that have been measured off the loop, and
// at most LOOP_BUDGET_US in one turn of the loop, over all models; what comes on top goes to threads.
// Not here: running (native-model.ts).
import { loopTurn } from "../../core/loop-turn.ts";

/**
 * A shape is tried on the loop if a run off it took at most this, the way back and forth included, or if no more processor
 * time was used for each of CPU_RUNS, whatever else it was used for.
 */
const TRIED_RUN_US = 300;

/** So many that those which began before or ended after hardly count. */
const CPU_RUNS = 64;

/** Runs of a trial; the first makes what later ones find. */
const TRIAL_RUNS = 4;

/** A shape is cheap if the fastest run of its trial took at most this. */
const CHEAP_RUN_US = 100;

/** Runs off the loop before a shape is tried; the first may take longer than later ones. */
const JUDGED_AFTER_RUNS = 8;

/** A run on the loop that takes longer than this counts against its shape. */
const SLOW_RUN_US = 200;

/** This many slow runs among WINDOW_RUNS send the shape back to threads; a busy machine makes single ones slow. */
const SLOW_RUNS = 8;
const WINDOW_RUNS = 64;

/** After so many runs off the loop, a shape that was sent back may be tried again. */
const SENT_BACK_RUNS = 1000;

/** Shapes that are remembered; more than a server's batch sizes need, and a bound for those who send any. */
const MAX_SHAPES = 256;

/** A run may start on the loop while the turn has used less; with the last one the loop is held 300 us at most. */
const LOOP_BUDGET_US = 200;

/** Time that runs may take from one turn of the event loop, over all models of the process. */
export class LoopBudget {
  private turn = -1;
  private usedUs = 0;

  get isLeft(): boolean {
    return this.turn !== loopTurn() || this.usedUs < LOOP_BUDGET_US;
  }

  spend(us: number): void {
    const turn = loopTurn();
    this.usedUs = turn === this.turn ? this.usedUs + us : us;
    this.turn = turn;
  }
}

interface ShapeCost {
  /** Runs off the loop that a trial has to wait for; undefined while runs are on the loop. */
  toJudge: number | undefined;
  /** Runs to go of its trial; 0 once it is found cheap. */
  toTry: number;
  /** Of the runs that are judged. */
  fastestUs: number;
  /** Runs off the loop since the process had used `cpuUs`. */
  cpuRuns: number;
  cpuUs: number;
  /** Runs on the loop in the present window, and the slow ones among them. */
  windowRuns: number;
  slowRuns: number;
}

const ON_TRIAL = { toJudge: undefined, toTry: TRIAL_RUNS, fastestUs: Number.POSITIVE_INFINITY };

/** What runs of one model cost, by the shapes of their inputs. */
export class RunCosts {
  private readonly costs = new Map<string, ShapeCost>();
  private readonly cpuUs: () => number;

  /** `cpuUs` tells the processor time that the process has used. */
  constructor(cpuUs = processorTime) {
    this.cpuUs = cpuUs;
  }

  /** Whether runs with these shapes are on the event loop, for good or on trial. */
  isCheap(shapes: string): boolean {
    const cost = this.costs.get(shapes);
    return cost !== undefined && cost.toJudge === undefined;
  }

  /** Tells of a run on a thread; `us` is from its start to its end as the event loop saw them. */
  ranOnThread(shapes: string, us: number): void {
    const cost = this.costOf(shapes);
    if (cost.toJudge === undefined) return;
    cost.fastestUs = Math.min(cost.fastestUs, us, this.cpuOfRun(cost));
    cost.toJudge = Math.max(0, cost.toJudge - 1);
    if (cost.toJudge === 0 && cost.fastestUs <= TRIED_RUN_US) Object.assign(cost, ON_TRIAL);
  }

  /** Tells of a run on the event loop. */
  ranOnLoop(shapes: string, us: number): void {
    const cost = this.costOf(shapes);
    if (cost.toTry > 0) {
      cost.fastestUs = Math.min(cost.fastestUs, us);
      cost.toTry -= 1;
      if (cost.toTry === 0 && cost.fastestUs > CHEAP_RUN_US) this.sendBack(cost);
      return;
    }
    cost.windowRuns += 1;
    if (us > SLOW_RUN_US) cost.slowRuns += 1;
    if (cost.slowRuns >= SLOW_RUNS) this.sendBack(cost);
    else if (cost.windowRuns >= WINDOW_RUNS) Object.assign(cost, { windowRuns: 0, slowRuns: 0 });
  }

  /** Processor time of one of the last runs, at most, where enough of them have ended. */
  private cpuOfRun(cost: ShapeCost): number {
    cost.cpuRuns += 1;
    if (cost.cpuRuns < CPU_RUNS) return Number.POSITIVE_INFINITY;
    const usedUs = this.cpuUs();
    const us = (usedUs - cost.cpuUs) / cost.cpuRuns;
    cost.cpuRuns = 0;
    cost.cpuUs = usedUs;
    return us;
  }

  private costOf(shapes: string): ShapeCost {
    const known = this.costs.get(shapes);
    if (known) return known;
    if (this.costs.size >= MAX_SHAPES) this.costs.clear();
    const fresh = {
      toJudge: JUDGED_AFTER_RUNS,
      toTry: 0,
      fastestUs: Number.POSITIVE_INFINITY,
      cpuRuns: 0,
      cpuUs: this.cpuUs(),
      windowRuns: 0,
      slowRuns: 0,
    };
    this.costs.set(shapes, fresh);
    return fresh;
  }

  private sendBack(cost: ShapeCost): void {
    cost.toJudge = SENT_BACK_RUNS;
    cost.toTry = 0;
    cost.fastestUs = Number.POSITIVE_INFINITY;
    cost.cpuRuns = 0;
    cost.cpuUs = this.cpuUs();
    cost.windowRuns = 0;
    cost.slowRuns = 0;
  }
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
