-- What a server said of each token that it wrote, as JSON: [["token", -0.25], ...].
ALTER TABLE completion ADD COLUMN token_logprobs TEXT;
