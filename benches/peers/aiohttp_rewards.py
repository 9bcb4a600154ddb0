"""A bare aiohttp loop that stores nothing: BASE_URL PROBLEMS SAMPLES, batches of 32, eight requests under way."""
import asyncio
import json
import sys

import aiohttp


async def main():
    base = sys.argv[1]
    prompts = {row["id"]: row["prompt"] for row in map(json.loads, open(sys.argv[2]))}
    samples = [json.loads(line) for line in open(sys.argv[3])]
    batches = iter([samples[i:i + 32] for i in range(0, len(samples), 32)])
    scores = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=8)) as session:
        async def worker():
            nonlocal scores
            for batch in batches:
                body = {"model": "m", "text_1": [prompts[s["task_id"]] for s in batch], "text_2": [s["completion"] for s in batch]}
                async with session.post(base + "/score", json=body) as answer:
                    data = await answer.json()
                    scores += len([d["score"] for d in sorted(data["data"], key=lambda d: d["index"])])
        await asyncio.gather(*(worker() for _ in range(8)))
    assert scores == len(samples), scores


asyncio.run(main())
