// What a user of @io-orkes/conductor-javascript does, against the server whose URL is
// the first argument.  Prints one JSON object: what each step saw.
// `test_conductor_javascript.py` is the judge of it.

import {
  ConductorWorkflow,
  MetadataClient,
  OrkesClients,
  TaskManager,
  forkTask,
  joinTask,
  orkesConductorClient,
  simpleTask,
  switchTask,
  waitTaskDuration,
} from "@io-orkes/conductor-javascript";

const PATIENCE = 60_000;
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };
const EMAIL = "e2e@example.com";

const client = await orkesConductorClient({ serverUrl: process.argv[2], logger: QUIET });
const clients = await OrkesClients.from({ serverUrl: process.argv[2], logger: QUIET });
const executor = clients.getWorkflowClient();
const metadata = new MetadataClient(client);
const tasks = clients.getTaskClient();
const scheduler = clients.getSchedulerClient();
const events = clients.getEventClient();

const definition = (name, ...steps) => ({
  name,
  version: 1,
  ownerEmail: EMAIL,
  tasks: steps,
  timeoutSeconds: 0,
});

const ours = (name) => name.startsWith("js_");

const byHand = (name = "js_by_hand") =>
  definition(name, simpleTask("by_hand", "js_by_hand", { item: "${workflow.input.item}" }));

async function until(look, isIt) {
  for (const began = Date.now(); Date.now() - began < PATIENCE; ) {
    const found = await look();
    if (isIt(found)) return found;
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`not within ${PATIENCE} ms`);
}

const ended = (id) =>
  until(() => executor.getWorkflow(id, true), (one) => !["RUNNING", "PAUSED"].includes(one.status));

const taskOf = async (id, ref) =>
  (await executor.getWorkflow(id, true)).tasks.find(
    (one) => one.referenceTaskName === ref && !["COMPLETED", "FAILED", "CANCELED"].includes(one.status),
  );

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return String(error.message ?? error);
  }
  return null;
}

async function start(name, input = {}) {
  return executor.startWorkflow({ name, version: 1, input, correlationId: "js" });
}

async function report(id, ref, status, output = {}) {
  await executor.updateTaskByRefName(ref, id, status, output);
}

const steps = {
  async task_definitions() {
    const made = { name: "js_by_hand", retryCount: 0, timeoutSeconds: 0, responseTimeoutSeconds: 60 };
    await metadata.registerTask(made);
    await metadata.registerTasks([{ ...made, name: "js_gone" }]);
    await metadata.updateTask({ ...made, description: "by hand" });
    await metadata.unregisterTask("js_gone");
    return {
      description: (await metadata.getTask("js_by_hand")).description,
      names: (await metadata.getAllTaskDefs()).map((one) => one.name).filter(ours).sort(),
      gone: await refusal(() => metadata.getTask("js_gone")),
    };
  },

  async workflow_definitions() {
    await metadata.registerWorkflowDef(byHand(), true);
    await metadata.registerWorkflowDef({ ...byHand(), version: 2 }, true);
    const versions = (await metadata.getAllWorkflowDefs()).map((one) => `${one.name}.${one.version}`);
    await metadata.unregisterWorkflow("js_by_hand", 2);
    return { versions: versions.filter(ours).sort(), latest: (await metadata.getWorkflowDef("js_by_hand")).version };
  },

  async workers() {
    const workflow = new ConductorWorkflow(executor, "js_fluent")
      .add(simpleTask("double", "js_double", { n: "${workflow.input.n}" }))
      .add(
        switchTask("which", "${double.output.n}", {
          8: [simpleTask("eight", "js_double", { n: "${double.output.n}" })],
        }),
      )
      .add(waitTaskDuration("breath", "1 seconds"))
      .outputParameters({ n: "${eight.output.n}" });
    await workflow.register(true);
    const forked = definition(
      "js_forked",
      {
        ...forkTask("fork", []),
        forkTasks: [
          [simpleTask("left", "js_double", { n: 1 })],
          [simpleTask("right", "js_double", { n: 2 })],
        ],
      },
      joinTask("join", ["left", "right"]),
    );
    await executor.registerWorkflow(true, forked);
    const manager = new TaskManager(
      client,
      [
        {
          taskDefName: "js_double",
          concurrency: 4,
          pollInterval: 20,
          execute: async (task) => ({ status: "COMPLETED", outputData: { n: 2 * task.inputData.n } }),
        },
      ],
      { logger: QUIET },
    );
    manager.startPolling();
    try {
      const one = await ended(await start("js_fluent", { n: 4 }));
      const other = await ended(await start("js_forked"));
      return {
        statuses: [one.status, other.status],
        output: one.output,
        joined: other.tasks.find((each) => each.taskType === "JOIN")?.outputData,
      };
    } finally {
      await manager.stopPolling();
    }
  },

  async updates() {
    const id = await start("js_by_hand", { item: "tea" });
    const task = await taskOf(id, "by_hand");
    await tasks.addTaskLog(task.taskId, "looked at");
    await executor.updateTask(task.taskId, id, "IN_PROGRESS", { half: true });
    await report(id, "by_hand", "COMPLETED", { done: true });
    const found = await ended(id);
    return {
      status: found.status,
      output: found.output,
      input: (await executor.getTask(task.taskId)).inputData,
      logs: (await tasks.getTaskLogs(task.taskId)).map((one) => one.log),
      short: await executor.getWorkflowStatus(id, true, true),
      unknown: await refusal(() => executor.getWorkflow("nothing", true, 1)),
    };
  },

  async execute() {
    const workflow = definition("js_wait", { ...waitTaskDuration("pause", "600 seconds") });
    await executor.registerWorkflow(true, workflow);
    const run = await executor.executeWorkflow({ name: "js_wait", version: 1 }, "js_wait", 1, "r1", "pause", 5);
    const signalled = await executor.signal(run.workflowId, "COMPLETED", { by: "signal" });
    return { status: run.status, requestId: run.requestId, signalled: signalled.targetWorkflowStatus ?? signalled.status };
  },

  async pause_and_terminate() {
    const id = await start("js_by_hand");
    await executor.pause(id);
    const paused = (await executor.getWorkflowStatus(id, false, false)).status;
    await executor.resume(id);
    await executor.terminate(id, "enough");
    const found = await ended(id);
    return { paused, status: found.status, reason: found.reasonForIncompletion };
  },

  async recovery() {
    const id = await start("js_by_hand");
    await report(id, "by_hand", "FAILED");
    const failed = (await ended(id)).status;
    await executor.retry(id, false);
    const retried = (await executor.getWorkflow(id, true)).tasks.length;
    await report(id, "by_hand", "COMPLETED", { n: 1 });
    await ended(id);
    await executor.restart(id, true);
    const restarted = (await executor.getWorkflow(id, true)).status;
    await report(id, "by_hand", "COMPLETED", { n: 2 });
    const done = await ended(id);
    await executor.reRun(id, { reRunFromTaskId: done.tasks[0].taskId, taskInput: { item: "again" } });
    const rerun = (await executor.getWorkflow(id, true)).tasks[0].inputData;
    await report(id, "by_hand", "COMPLETED", { n: 3 });
    return { failed, retried, restarted, rerun, output: (await ended(id)).output };
  },

  async search() {
    const id = await start("js_by_hand", { item: "found" });
    const page = await until(
      () => executor.search(0, 10, `workflowType='js_by_hand' AND status='RUNNING'`, "*", "startTime:DESC"),
      (found) => found.results.some((one) => one.workflowId === id),
    );
    const correlated = await executor.getByCorrelationIds(
      { workflowNames: ["js_by_hand"], correlationIds: ["js"] },
      false,
      false,
    );
    const found = await tasks.search(0, 10, undefined, "*", `workflowId='${id}'`);
    const sizes = await tasks.getQueueSizeForTask(["js_by_hand"]);
    await executor.terminate(id, "seen");
    await executor.deleteWorkflow(id, false);
    return {
      total: page.totalHits >= 1,
      correlated: Object.keys(correlated),
      tasks: found.results.map((one) => one.taskDefName),
      sizes: Object.keys(sizes),
      gone: await refusal(() => executor.getWorkflow(id, false, 1)),
    };
  },

  async state() {
    const id = await start("js_by_hand");
    const changed = await executor.updateVariables(id, { colour: "red" });
    const run = await executor.updateState(
      id,
      { taskReferenceName: "by_hand", taskResult: { status: "COMPLETED", outputData: { ok: true } }, variables: { colour: "blue" } },
      "r2",
      undefined,
      5,
    );
    return { first: changed.variables, status: run.status, variables: run.variables };
  },

  async dry_run() {
    const tested = await executor.testWorkflow({
      name: "js_by_hand",
      version: 1,
      workflowDef: byHand(),
      taskRefToMockOutput: { by_hand: [{ status: "COMPLETED", output: { mocked: true } }] },
    });
    return { status: tested.status, output: tested.output };
  },

  async schedules() {
    await scheduler.saveSchedule({
      name: "js_daily",
      cronExpression: "0 0 12 * * ?",
      startWorkflowRequest: { name: "js_by_hand", version: 1, input: {} },
    });
    await scheduler.pauseSchedule("js_daily");
    const paused = (await scheduler.getSchedule("js_daily")).paused;
    await scheduler.resumeSchedule("js_daily");
    const few = await scheduler.getNextFewSchedules("0 0 12 * * ?", undefined, undefined, 3);
    const found = (await scheduler.search(0, 10, "", "*", "")).totalHits;
    await scheduler.deleteSchedule("js_daily");
    return { paused, few: few.length, found, gone: await refusal(() => scheduler.getSchedule("js_daily")) };
  },

  async event_handlers() {
    const handler = {
      name: "js_handler",
      event: "conductor:js:e",
      active: true,
      actions: [{ action: "start_workflow", start_workflow: { name: "js_by_hand", version: 1 } }],
    };
    await events.addEventHandler(handler);
    await events.updateEventHandler({ ...handler, active: false });
    const kept = (await events.getAllEventHandlers()).filter((one) => ours(one.name));
    const all = kept.map((one) => [one.name, one.active]);
    await events.removeEventHandler("js_handler");
    return { all, again: await refusal(() => events.removeEventHandler("js_handler")) };
  },

  async all_schedules() {
    await executor.registerWorkflow(true, definition("js_tick", { name: "note", taskReferenceName: "note", type: "NOOP" }));
    const runs = async () =>
      (await scheduler.search(0, 100, "", "*", "scheduleName IN (js_each_second) AND state IN (EXECUTED)")).results;
    let listed, others, halted;
    await scheduler.pauseAllSchedules();
    try {
      await scheduler.saveSchedule({
        name: "js_each_second",
        cronExpression: "* * * * * ?",
        startWorkflowRequest: { name: "js_tick", version: 1, input: {} },
      });
      listed = (await scheduler.getAllSchedules("js_tick")).map((one) => one.name);
      others = (await scheduler.getAllSchedules("js_forked")).length;
      const { nextRunTime } = await scheduler.getSchedule("js_each_second");
      await until(async () => Date.now(), (now) => now > nextRunTime + 2_000);
      await scheduler.requeueAllExecutionRecords();
      halted = (await runs()).length;
    } finally {
      await scheduler.resumeAllSchedules();
    }
    const [last] = await until(runs, (found) => found.length);
    await scheduler.requeueAllExecutionRecords();
    const found = await until(runs, (later) => later.length && later[0].scheduledTime > last.scheduledTime);
    await scheduler.deleteSchedule("js_each_second");
    const { status } = await ended(last.workflowId);
    return { listed, others, halted, times: found.map((one) => one.scheduledTime), status };
  },

  async event_executions() {
    const event = "conductor:js_telling:tell";
    const action = { action: "start_workflow", start_workflow: { name: "js_by_hand", version: 1, input: { item: "${x}" } } };
    const handler = { name: "js_hears", event, active: true, actions: [action] };
    await events.addEventHandler(handler);
    await events.addEventHandlers([{ ...handler, name: "js_sleeps", active: false }]);
    const all = (await events.getEventHandlersForEvent(event)).map((one) => one.name);
    const active = (await events.getEventHandlersForEvent(event, true)).map((one) => one.name);
    const overview = (await events.getAllActiveEventHandlers()).results.filter((one) => ours(one.name));
    const tell = { name: "tell", taskReferenceName: "tell", type: "EVENT", sink: "conductor", inputParameters: { x: 7 } };
    await metadata.registerWorkflowDef(definition("js_telling", tell), true);
    await ended(await start("js_telling"));
    const [done] = await until(() => events.getEventExecutions("js_hears"), (some) => some.some((one) => one.status === "COMPLETED"));
    const started = await executor.getWorkflow(done.output.workflowId, false);
    await executor.terminate(done.output.workflowId, "heard");
    const of_event = (await events.getEventExecutions(event)).map((one) => one.id);
    for (const name of all) await events.removeEventHandler(name);
    return {
      all,
      active,
      overview,
      done: [done.name, done.event, done.action],
      same: of_event.length === 1 && of_event[0] === done.id,
      started: [started.workflowName, started.input.item],
    };
  },

  async by_other_ways() {
    const wait = (ref) => ({ name: ref, taskReferenceName: ref, type: "WAIT", inputParameters: {} });
    await metadata.registerWorkflowDef(definition("js_ways", wait("one"), wait("two"), wait("three")), true);
    const id = await executor.startWorkflowByName("js_ways", { n: 1 }, 1, "js_ways", 3);
    await executor.skipTasksFromWorkflow(id, "three", { taskOutput: { skipped: true } });
    await executor.signalAsync(id, "COMPLETED", { n: 1 });
    const first = (await executor.updateTaskSync("two", id, "COMPLETED", { n: 2 }, "me")).status;
    await executor.goBackToTask(id, (one) => one.referenceTaskName === "two");
    const back = (await executor.getExecution(id)).status;
    await tasks.updateTaskSync(id, "two", "COMPLETED", { n: 3 }, "me");
    const request = { name: "js_ways", version: 1 };
    const started = await Promise.all(executor.startWorkflows([request, request]));
    for (const one of started) await executor.terminate(one, "seen enough");
    return {
      statuses: [first, back, (await executor.getExecution(id)).status],
      started: new Set(started).size,
      polls: await tasks.getTaskPollData("js_nobody"),
    };
  },
};

const told = {};
for (const [name, step] of Object.entries(steps)) {
  try {
    told[name] = await step();
  } catch (error) {
    told[name] = { raised: `${error.stack ?? error}` };
  }
}
console.log(JSON.stringify(told));
process.exit(0);
