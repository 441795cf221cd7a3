// Asks a policy simulator: one JSON array of simulations on standard input, one JSON array of verdicts on standard output.
// The argument is the folder that holds it under node_modules.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const { runSimulation } = createRequire(`${resolve(process.argv[2])}/`)('@cloud-copilot/iam-simulate')
const verdicts = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const said = await runSimulation(simulation, {})
  verdicts.push(said.resultType === 'error' ? JSON.stringify(said.errors) : said.overallResult === 'Allowed')
}
process.stdout.write(JSON.stringify(verdicts))
