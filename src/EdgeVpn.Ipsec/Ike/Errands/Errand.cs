namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>One piece of work that the shell does for an SA: made, sent once, back or recalled.</summary>
internal abstract class Errand : IDisposable
{
    public WorkId Work { get; set; }

    /// <summary>Whether the result is here.</summary>
    public bool IsBack { get; private set; }

    /// <summary>What the shell is asked.</summary>
    public abstract IkeOutput Ask(IkeSa sa);

    /// <summary>Takes what came back; false if it is of another kind than what was asked.</summary>
    public bool TryTake(IkeInput.Returned returned) => IsBack = Take(returned);

    public virtual void Dispose()
    {
    }

    protected abstract bool Take(IkeInput.Returned returned);
}
