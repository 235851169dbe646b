"""Pieces of the PyTorch script: what stands in it for a loss, an optimizer, a schedule, and what stands in all."""

from __future__ import annotations

LOSS = {
    "squared": "return ((outputs - targets) ** 2).sum(dim=1)",
    "half-squared": "return ((outputs - targets) ** 2).sum(dim=1) / 2",
    "absolute": "return (outputs - targets).abs().sum(dim=1)",
    "huber": """\
error = (outputs - targets).abs()
near = torch.minimum(error, DELTA / unit.to(error.dtype))
return (near * (error - near / 2)).sum(dim=1)""",
    "hinge": "return torch.relu(1 - (2 * targets - 1) * outputs).sum(dim=1)",
    "cross-entropy": 'return nn.functional.cross_entropy(outputs, targets, reduction="none")',
}
"""The body of a function that gives each row's loss."""
OPTIMIZER = {
    "sgd": "torch.optim.SGD(groups, lr=LEARNING_RATE)",
    "momentum": "torch.optim.SGD(groups, lr=LEARNING_RATE, momentum={momentum!r})",
    "nesterov": "torch.optim.SGD(groups, lr=LEARNING_RATE, momentum={momentum!r}, nesterov={looks_ahead})",
    "adagrad": "torch.optim.Adagrad(groups, lr=LEARNING_RATE, eps={epsilon!r})",
    "rmsprop": "torch.optim.RMSprop(groups, lr=LEARNING_RATE, alpha={decay!r}, eps={epsilon!r})",
    "adam": "torch.optim.Adam(groups, lr=LEARNING_RATE, betas=({beta1!r}, {beta2!r}), eps={epsilon!r})",
    "adamw": "torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=({beta1!r}, {beta2!r}), eps={epsilon!r})",
}
SCHEDULE = {
    "constant": "return 1.0",
    "step": "return {factor!r} ** (update // ({every!r} * UPDATES_PER_EPOCH))",
    "cosine": "return half_wave(update / UPDATES)",
    "warmup-cosine": """\
warm = round({warmup!r} * UPDATES)
if update < warm:
    return (update + 1) / warm
return half_wave((update - warm) / max(UPDATES - warm, 1))""",
    "one-cycle": """\
top, last = 0.3 * UPDATES - 1, UPDATES - 1
if update <= top:
    return 1 / 25 + (1 - 1 / 25) * (1 - half_wave(update / top)) if top > 0 else 1.0
return 4e-6 + (1 - 4e-6) * half_wave((update - top) / max(last - top, 1e-9))""",
}
"""The body of a function that gives the learning rate's factor at an update, counted from 0."""
FACTOR = '''

def factor_at(update):
    """What the learning rate is multiplied by at an update, counted from 0."""
{body}
'''
RATE = '''

def rate_at(update):
    """The learning rate of an update, counted from 0."""
    rate = LEARNING_RATE
'''
CHANGED = f"""{RATE}    for after, changed in CHANGES:
        rate = changed if update >= after else rate
"""
SCALED = 'target_mean, target_sd = torch.tensor(data["target_mean"]), torch.tensor(data["target_sd"])'
UNSCALED = """\
classes = targets["train"].shape[1]  # they are not scaled
target_mean, target_sd = torch.zeros(classes).double(), torch.ones(classes).double()"""
MEASURE = '''

@torch.no_grad()
def loss_on(part):
    """The mean loss in the target's own unit, dropout off; of more than 10,000 training rows so many."""
    rows = torch.arange(len(inputs[part]))
    if part == "train" and len(rows) > 10_000:
        rows = torch.tensor(np.linspace(0, len(rows) - 1, 10_000).astype(np.int64))
    model.eval()
    outputs = torch.cat([model(inputs[part][some]) for some in rows.split(1_024)])
    model.train()
    in_unit = outputs.double() * target_sd + target_mean
    return losses_of_rows(in_unit, targets[part][rows], torch.ones_like(target_sd)).mean().item()
'''
HALF_WAVE = '''

def half_wave(share):
    """Half a wave of a cosine, from 1 down to 0."""
    return (1 + math.cos(math.pi * min(max(share, 0.0), 1.0))) / 2
'''
