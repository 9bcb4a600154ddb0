# {"family": 12, "allowed": ["pass"]}
import asyncio
async def one(x):
    await asyncio.sleep(0)
    return x
def total(xs):
    async def go():
        return sum(await asyncio.gather(*map(one, xs)))
    return asyncio.run(go())
