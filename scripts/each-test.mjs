/** A reporter for runs of hours: a line for each test as soon as it has ended. */
export default class EachTest {
  onTestCaseResult({ path }, { status, fullName, duration }) {
    if (status === 'passed' || status === 'failed') {
      const took = ((duration ?? 0) / 1000).toFixed(1);
      console.log(`${new Date().toISOString()} ${status} ${path.split('/').at(-1)} > ${fullName} (${took} s)`);
    }
  }
}
