"""The official asyncio client in a plain loop that stores nothing: BASE_URL COUNT CONNECTIONS PROMPTS."""
import asyncio
import json
import sys

import openai


async def main():
    base, count, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    prompts = [json.loads(line)["prompt"] for line in open(sys.argv[4])]
    client = openai.AsyncOpenAI(base_url=base, api_key="none")
    todo = iter(range(count))
    done = 0

    async def worker():
        nonlocal done
        for i in todo:
            answer = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": prompts[i % len(prompts)]}],
                temperature=0.8, max_tokens=512, seed=i)
            answer.choices[0].message.content
            done += 1

    await asyncio.gather(*(worker() for _ in range(connections)))
    assert done == count, done


asyncio.run(main())
